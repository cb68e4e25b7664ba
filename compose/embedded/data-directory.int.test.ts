import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
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

  it('knows whether a bank has lived there', async () => {
    expect((await DataDirectory.open(path)).isUsed).toBe(false)
    expect((await DataDirectory.open(path)).isUsed).toBe(true)
  })

  it('keeps the schemas, whole', async () => {
    const { registry } = await DataDirectory.open(path)
    expect(await registry.load()).toBeUndefined()
    await registry.save('[1]')
    await registry.save('[1,2]')
    expect(await (await DataDirectory.open(path)).registry.load()).toBe('[1,2]')
  })

  it('says that the schemas are damaged, rather than beginning without', async () => {
    const { registry } = await DataDirectory.open(path)
    for (const text of ['[1,', '', '{}']) {
      writeFileSync(join(path, 'registry.json'), text)
      await expect(registry.load()).rejects.toThrow('registry.json is damaged')
    }
  })

  it('is not made of a directory that holds something else', async () => {
    await mkdir(path)
    writeFileSync(join(path, 'letter.txt'), 'dear aunt')
    await expect(DataDirectory.open(path)).rejects.toThrow(`${path} holds something else than a bank`)
    await expect(DataDirectory.reset(path)).rejects.toThrow(DataDirectoryError)
    expect(existsSync(join(path, 'letter.txt'))).toBe(true)
  })

  it('is not made of a file, nor of another version’s', async () => {
    writeFileSync(path, '')
    await expect(DataDirectory.open(path)).rejects.toThrow(`${path} is a file: choose a directory with --data.`)
    rmSync(path)
    await DataDirectory.open(path)
    writeFileSync(join(path, 'BOB'), 'bob-data 2\n')
    await expect(DataDirectory.open(path)).rejects.toThrow('written by another version of Bob ("bob-data 2", not "bob-data 1")')
    expect(await DataDirectory.reset(path)).toBe(true)
  })

  it('is not made where the file system does not allow it', async () => {
    writeFileSync(path, '')
    await expect(DataDirectory.open(join(path, 'data'))).rejects.toThrow(DataDirectoryError)
    await expect(DataDirectory.open(join(parent, 'n'.repeat(300)))).rejects.toThrow(/cannot be used \(ENAMETOOLONG\): look at its rights/)
  })

  it('that lost its broker or its schemas is not begun anew beside the old state', async () => {
    const data = await DataDirectory.open(path)
    await mkdir(data.instance('instance-1'), { recursive: true })
    await expect(DataDirectory.open(path)).rejects.toThrow(`${path} has lost broker and registry.json: put a copy of it back`)
    await data.registry.save('[]')
    await expect(DataDirectory.open(path)).rejects.toThrow(`${path} has lost broker: put a copy of it back`)
    await mkdir(data.broker)
    expect((await DataDirectory.open(path)).isUsed).toBe(true)
  })

  it('is reset only when no bank runs on it, and then begins anew', async () => {
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
