import { describe, expect, it } from 'vitest'
import { Mailbox, ResynchroniseError } from './mailbox.ts'

describe('A mailbox', () => {
  it('delivers in the order of arrival, also to a take() that came before', async () => {
    const box = new Mailbox<number>()
    const early = box.take()
    box.put(1, 1)
    box.put(2, 1)
    expect([await early, await box.take()]).toEqual([1, 2])
  })

  it('keeps the newest item of a key, at the position of the first', async () => {
    const box = new Mailbox<string>({ items: 2, bytes: 100 })
    for (const value of ['a1', 'b1', 'a2', 'a3']) box.put(value, 50, value[0])
    expect([await box.take(), await box.take()]).toEqual(['a3', 'b1'])
  })

  it.each([
    ['items', { items: 3, bytes: 1_000 }, 1],
    ['bytes', { items: 1_000, bytes: 300 }, 100],
  ])('drops everything and makes a reader that is too slow resynchronise: %s', async (_, limits, bytes) => {
    const box = new Mailbox<number>(limits)
    for (let item = 0; item < 4; item++) box.put(item, bytes)
    expect(box.size).toBe(0)
    await expect(box.take()).rejects.toBeInstanceOf(ResynchroniseError)
    box.put(9, 1)
    await expect(box.take()).rejects.toBeInstanceOf(ResynchroniseError)
  })

  it('holds 256 items or 256 KiB by default', async () => {
    const box = new Mailbox<number>()
    for (let item = 0; item < 256; item++) box.put(item, 1_024)
    expect(box.size).toBe(256)
    box.put(256, 0)
    await expect(box.take()).rejects.toBeInstanceOf(ResynchroniseError)
  })

  it('ends a waiting take() when it is closed', async () => {
    const box = new Mailbox<number>()
    const waiting = box.take()
    box.close()
    expect(await waiting).toBeUndefined()
  })
})
