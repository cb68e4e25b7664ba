import { readdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { checksum } from '../checksum.ts'
import { StateCorruptedError } from '../errors.ts'

const FINGERPRINTS = 'CLOSED'

/**
 * Stores fingerprints of log and manifest after an orderly close (DECISIONS 53). LevelDB silently accepts a log that ends early, because
 * a crash leaves such a log; after an orderly close it means damage.
 */
export async function recordClosedFiles(directory: string): Promise<void> {
  const names = (await readdir(directory)).filter((name) => name.startsWith('MANIFEST-') || name.endsWith('.log'))
  const lines = await Promise.all(names.map(async (name) => `${name} ${await fingerprint(join(directory, name))}\n`))
  await writeFile(join(directory, `${FINGERPRINTS}.new`), lines.join(''))
  await rename(join(directory, `${FINGERPRINTS}.new`), join(directory, FINGERPRINTS))
}

/**
 * Compares the files with the recorded fingerprints. Each opening starts a new manifest, so fingerprints that lack the current
 * manifest are older than a crash and prove nothing. Throws `StateCorruptedError`.
 */
export async function checkClosedFiles(directory: string): Promise<void> {
  const recorded = (await textOf(join(directory, FINGERPRINTS))).split('\n').filter((line) => line !== '')
  const manifest = (await textOf(join(directory, 'CURRENT'))).trim()
  if (!recorded.some((line) => line.startsWith(`${manifest} `))) return
  for (const line of recorded) {
    const [name = ''] = line.split(' ')
    const file = join(directory, name)
    if (line !== `${name} ${await fingerprint(file)}`)
      throw new StateCorruptedError(`The file ${file} is damaged: it has changed since the database was closed.`)
  }
}

/** Length and checksum; empty if the file is missing. */
async function fingerprint(file: string): Promise<string> {
  const bytes = await bytesOf(file)
  return bytes === undefined ? '' : `${bytes.length} ${checksum(bytes, Buffer.alloc(0))}`
}

async function textOf(file: string): Promise<string> {
  return (await bytesOf(file))?.toString('utf8') ?? ''
}

async function bytesOf(file: string): Promise<Buffer | undefined> {
  try {
    return await readFile(file)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}
