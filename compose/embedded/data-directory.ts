import { existsSync } from 'node:fs'
import { chmod, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { OWNER_ONLY } from '../private-files.ts'
import type { RegistryStorage } from '../../schemas/index.ts'
import { openLevelStorage, StateLockedError } from '../../state/index.ts'

/** The directory cannot be used as it is. Nothing in it was changed; the message says what to do. */
export class DataDirectoryError extends Error {}

/** Marks a directory as a bank and holds the version of its format. */
const MARKER = 'BOB'
const FORMAT = 'bob-data 1\n'
const BROKER = 'broker'
const INSTANCES = 'instances'
const REGISTRY = 'registry.json'

/** The data of a bank in one process: the log of its broker, the state of its instances, and its schemas. */
export class DataDirectory {
  readonly path: string
  /** Whether the directory already contained a bank when it was opened. */
  readonly isUsed: boolean

  private constructor(path: string, isUsed: boolean) {
    this.path = path
    this.isUsed = isUsed
  }

  /** Creates the directory if it does not exist. Throws `DataDirectoryError` if it contains anything but a bank. */
  static async open(path: string): Promise<DataDirectory> {
    const isUsed = await holdsBank(path)
    if (isUsed) await assertComplete(path)
    else await withAdvice(path, () => create(path))
    await withAdvice(path, () => chmod(path, OWNER_ONLY))
    return new DataDirectory(path, isUsed)
  }

  get broker(): string {
    return join(this.path, BROKER)
  }

  /** The directory for the state of an instance. */
  instance(id: string): string {
    return join(this.path, INSTANCES, id)
  }

  get registry(): RegistryStorage {
    const file = join(this.path, REGISTRY)
    return {
      load: async () => {
        const text = existsSync(file) ? await readFile(file, 'utf8') : undefined
        if (text !== undefined && !isJsonArray(text))
          throw new DataDirectoryError(
            `${file} is damaged. Restore the data directory from a backup, or run "npm run reset" to start empty.`,
          )
        return text
      },
      save: async (text) => {
        await writeFile(`${file}.new`, text, { flush: true })
        await rename(`${file}.new`, file)
      },
    }
  }

  /** False if the directory is empty or missing. Throws `DataDirectoryError` if it contains anything but a bank. */
  static holdsBank(path: string): Promise<boolean> {
    return holdsBank(path)
  }

  /** Deletes the bank and nothing else. Returns false if there is none. Throws `DataDirectoryError` if the bank is running. */
  static async reset(path: string): Promise<boolean> {
    if (!(await holdsBank(path))) return false
    await assertUnlocked(join(path, BROKER))
    await withAdvice(path, async () => {
      for (const name of [BROKER, INSTANCES, REGISTRY, `${REGISTRY}.new`, MARKER])
        await rm(join(path, name), { recursive: true, force: true })
    })
    return true
  }
}

async function create(path: string): Promise<void> {
  await mkdir(path, { recursive: true })
  await writeFile(join(path, MARKER), FORMAT)
}

async function withAdvice(path: string, change: () => Promise<void>): Promise<void> {
  try {
    await change()
  } catch (error) {
    throw toDataDirectoryError(path, error)
  }
}

async function holdsBank(path: string): Promise<boolean> {
  const entries = await entriesOf(path)
  if (entries.length === 0) return false
  if (!entries.includes(MARKER))
    throw new DataDirectoryError(`${path} is not empty and contains no bank. Choose another directory with --data.`)
  return true
}

/** Instances are created after the broker and the registry, so a directory with instances must have both. */
async function assertComplete(path: string): Promise<void> {
  const format = await readFile(join(path, MARKER), 'utf8')
  if (format !== FORMAT)
    throw new DataDirectoryError(
      `${path} was written by another version of Bob ("${format.trim()}", not "${FORMAT.trim()}"). ` +
        'Use that version, or run "npm run reset" to start empty.',
    )
  if (!existsSync(join(path, INSTANCES))) return
  const missing = [BROKER, REGISTRY].filter((name) => !existsSync(join(path, name)))
  if (missing.length > 0)
    throw new DataDirectoryError(
      `${path} lacks ${missing.join(' and ')}. Restore the directory from a backup, or run "npm run reset" to start empty.`,
    )
}

function isJsonArray(text: string): boolean {
  try {
    return Array.isArray(JSON.parse(text))
  } catch {
    return false
  }
}

async function entriesOf(path: string): Promise<readonly string[]> {
  try {
    return await readdir(path)
  } catch (error) {
    const code = codeOf(error)
    if (code === 'ENOENT') return []
    if (code === 'ENOTDIR') throw new DataDirectoryError(`${path} is a file. Choose a directory with --data.`)
    throw toDataDirectoryError(path, error)
  }
}

async function assertUnlocked(directory: string): Promise<void> {
  if (!existsSync(directory)) return
  try {
    await (await openLevelStorage({ directory })).close()
  } catch (error) {
    if (error instanceof StateLockedError) throw new DataDirectoryError(`A bank is running on ${directory}. Stop it first.`)
  }
}

/** Translates an error of the file system; returns any other error unchanged. */
function toDataDirectoryError(path: string, error: unknown): unknown {
  const code = codeOf(error)
  if (code === undefined) return error
  const advice = 'Check its permissions and the disk, or choose another directory with --data.'
  return new DataDirectoryError(`${path} cannot be used (${code}). ${advice}`, { cause: error })
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}
