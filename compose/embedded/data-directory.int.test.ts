import { chmodSync, existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openLevelStorage } from '../../state/index.ts'
import { DataDirectory, DataDirectoryError } from './data-directory.ts'

describe('The data directory', () => {
  let parent: string
  let path: string

  beforeEach(() => {
    parent = mkdtempSync(join(tmpdir(), 'bob-data-'))
    path = join(parent, 'data')
  })

  afterEach(() => rmSync(parent, { recursive: true, force: true }))

  it('knows whether it already contains a bank', async () => {
    expect((await DataDirectory.open(path)).isUsed).toBe(false)
    expect((await DataDirectory.open(path)).isUsed).toBe(true)
  })

  it('21.5 is for its owner alone, also when it was not before', async () => {
    const mode = (): number => statSync(path).mode & 0o777
    await DataDirectory.open(path)
    expect(mode()).toBe(0o700)
    chmodSync(path, 0o755)
    await DataDirectory.open(path)
    expect(mode()).toBe(0o700)
  })

  it('stores the schemas and replaces them as a whole', async () => {
    const { registry } = await DataDirectory.open(path)
    expect(await registry.load()).toBeUndefined()
    await registry.save('[1]')
    await registry.save('[1,2]')
    expect(await (await DataDirectory.open(path)).registry.load()).toBe('[1,2]')
  })

  it('reports damaged schemas instead of starting without them', async () => {
    const { registry } = await DataDirectory.open(path)
    for (const text of ['[1,', '', '{}']) {
      writeFileSync(join(path, 'registry.json'), text)
      await expect(registry.load()).rejects.toThrow('registry.json is damaged')
    }
  })

  it('is refused if it contains other files', async () => {
    await mkdir(path)
    writeFileSync(join(path, 'letter.txt'), 'dear aunt')
    await expect(DataDirectory.open(path)).rejects.toThrow(`${path} is not empty and contains no bank`)
    await expect(DataDirectory.reset(path)).rejects.toThrow(DataDirectoryError)
    expect(existsSync(join(path, 'letter.txt'))).toBe(true)
  })

  it('is refused if it is a file or was written by another version', async () => {
    writeFileSync(path, '')
    await expect(DataDirectory.open(path)).rejects.toThrow(`${path} is a file. Choose a directory with --data.`)
    rmSync(path)
    await DataDirectory.open(path)
    writeFileSync(join(path, 'BOB'), 'bob-data 2\n')
    await expect(DataDirectory.open(path)).rejects.toThrow('written by another version of Bob ("bob-data 2", not "bob-data 1")')
    expect(await DataDirectory.reset(path)).toBe(true)
  })

  it('is refused where the file system does not allow it', async () => {
    writeFileSync(path, '')
    await expect(DataDirectory.open(join(path, 'data'))).rejects.toThrow(DataDirectoryError)
    await expect(DataDirectory.open(join(parent, 'n'.repeat(300)))).rejects.toThrow(
      /cannot be used \(ENAMETOOLONG\)\. Check its permissions/,
    )
  })

  it('is refused if it lacks its broker or schemas but has state', async () => {
    const data = await DataDirectory.open(path)
    await mkdir(data.instance('instance-1'), { recursive: true })
    await expect(DataDirectory.open(path)).rejects.toThrow(`${path} lacks broker and registry.json. Restore the directory`)
    await data.registry.save('[]')
    await expect(DataDirectory.open(path)).rejects.toThrow(`${path} lacks broker. Restore the directory`)
    await mkdir(data.broker)
    expect((await DataDirectory.open(path)).isUsed).toBe(true)
  })

  it('is reset only while no bank runs on it, and keeps other files', async () => {
    const data = await DataDirectory.open(path)
    const storage = await openLevelStorage({ directory: data.broker })
    await expect(DataDirectory.reset(path)).rejects.toThrow('A bank is running on')
    await storage.close()
    writeFileSync(join(path, 'notes.txt'), 'mine')
    expect(await DataDirectory.reset(path)).toBe(true)
    expect(existsSync(data.broker)).toBe(false)
    expect(existsSync(join(path, 'notes.txt'))).toBe(true)
    expect(await DataDirectory.reset(join(parent, 'nowhere'))).toBe(false)
  })
})
