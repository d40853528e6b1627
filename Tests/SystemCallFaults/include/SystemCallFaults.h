/* A library to preload; there is nothing to include. */
