#include "cinih.h"
