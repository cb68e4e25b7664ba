import { createRequire } from 'node:module'

/** Loads a library at the first call; later calls return the same. */
export const loadLibrary = createRequire(import.meta.url)
