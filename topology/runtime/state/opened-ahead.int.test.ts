import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { StateLockedError } from '../../../state/index.ts'
import { levelTaskStorages, OpenedAhead } from '../index.ts'

const [ONE, TWO] = [
  { subtopology: 0, partition: 1 },
  { subtopology: 3, partition: 12 },
]
const KEY = Buffer.from('k')

let directory: string

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'bob-ahead-'))
})

afterEach(() => rm(directory, { recursive: true, force: true }))

async function filled(): Promise<void> {
  for (const task of [ONE, TWO]) {
    const storage = await levelTaskStorages(directory).open(task)
    const batch = storage.batch()
    batch.put(KEY, Buffer.from(`of ${task.partition}`))
    await batch.write()
    await storage.close()
  }
}

describe('Storages opened ahead', () => {
  it('are those on disk; each is handed out once, and close() closes those left', async () => {
    await filled()
    await writeFile(join(directory, 'notes'), 'not a storage')
    const ahead = new OpenedAhead(levelTaskStorages(directory))
    const one = await ahead.open(ONE)
    expect(Buffer.from(one.get(KEY) ?? []).toString()).toBe('of 1')
    await expect(ahead.open(ONE)).rejects.toBeInstanceOf(StateLockedError)
    await expect(levelTaskStorages(directory).open(TWO)).rejects.toBeInstanceOf(StateLockedError)
    await ahead.close()
    await (await levelTaskStorages(directory).open(TWO)).close()
    expect(one.get(KEY)).toBeDefined()
    await one.close()
  })

  it('are empty in a new directory, and after they were destroyed', async () => {
    const none = new OpenedAhead(levelTaskStorages(join(directory, 'nowhere')))
    await none.close()
    await filled()
    const ahead = new OpenedAhead(levelTaskStorages(directory))
    await ahead.destroy(ONE)
    const one = await ahead.open(ONE)
    expect(one.get(KEY)).toBeUndefined()
    await one.close()
    await ahead.close()
  })

  it('that cannot be opened reject their own task, and do not affect others', async () => {
    await filled()
    for (const file of await readdir(join(directory, '0_1'))) if (file === 'CURRENT') await rm(join(directory, '0_1', file))
    const ahead = new OpenedAhead(levelTaskStorages(directory))
    await expect(ahead.open(ONE)).rejects.toThrow()
    await (await ahead.open(TWO)).close()
    await ahead.destroy(ONE)
    await (await ahead.open(ONE)).close()
    await ahead.close()
  })
})
