#ifndef SWIFTLET_CINIH_H
#define SWIFTLET_CINIH_H
#endif
