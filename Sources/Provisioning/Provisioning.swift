// Provisioning: keys, requests, certificates that we write, the identity store.
