/** Mode of a data directory: what is in it, passwords' hashes among it, is its owner's alone. Older directories are tightened when they are opened. */
export const OWNER_ONLY = 0o700

/** From now on the process creates directories with 0700 and files with 0600. */
export function keepFilesPrivate(): void {
  process.umask(0o077)
}
