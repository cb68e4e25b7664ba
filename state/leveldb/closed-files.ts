import { readdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { checksum } from '../checksum.ts'
import { StateCorruptedError } from '../errors.ts'

const NOTE = 'CLOSED'

/**
 * Notes, once a database has been closed, how its log and its list of tables look. LevelDB takes a log that ends early for one
 * that a crash cut short, and says nothing; after an orderly close it is damage.
 */
export async function noteClosedFiles(directory: string): Promise<void> {
  const names = (await readdir(directory)).filter((name) => name.startsWith('MANIFEST-') || name.endsWith('.log'))
  const lines = await Promise.all(names.map(async (name) => `${name} ${await fingerprint(join(directory, name))}\n`))
  await writeFile(join(directory, `${NOTE}.new`), lines.join(''))
  await rename(join(directory, `${NOTE}.new`), join(directory, NOTE))
}

/**
 * Compares the files with the last note. Each opening begins another manifest: a note that does not know the current one is older
 * than a crash, and tells nothing. Throws `StateCorruptedError`.
 */
export async function checkClosedFiles(directory: string): Promise<void> {
  const noted = (await textOf(join(directory, NOTE))).split('\n').filter((line) => line !== '')
  const manifest = (await textOf(join(directory, 'CURRENT'))).trim()
  if (!noted.some((line) => line.startsWith(`${manifest} `))) return
  for (const line of noted) {
    const [name = ''] = line.split(' ')
    const file = join(directory, name)
    if (line !== `${name} ${await fingerprint(file)}`)
      throw new StateCorruptedError(`The file ${file} is not as it was when it was closed.`)
  }
}

/** Length and checksum, or nothing for a file that is not there. */
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
