import { describe, expect, it } from 'vitest'
import { History, spanAt, type Span } from './version-history.ts'

const span = (from: number, to: number, value: string | null = `${from}`): Span => ({
  from,
  to,
  value: value === null ? null : Buffer.from(value),
})
const texts = (history: History): string[] =>
  history.spans().map(({ from, to, value }) => `${from}-${to} ${value === null ? 'none' : Buffer.from(value).toString()}`)

describe('The history of a segment', () => {
  it('takes spans after all others, into gaps and inside other spans', () => {
    const rows = [span(10, 20), span(30, 40), span(20, 25), span(32, 40, 'new'), span(5, 10, null), span(30, 32, 'again')]
    const history = rows.reduce((sum, row) => sum.with(row), History.EMPTY)
    expect(texts(history)).toEqual(['5-10 none', '10-20 10', '20-25 20', '30-32 again', '32-40 new'])
    expect(history.end).toBe(40)
    for (const time of [4, 5, 9, 10, 26, 30, 31, 32, 39, 40]) expect(history.at(time)).toEqual(spanAt(history.spans(), time))
    expect(history.at(26)).toBeUndefined()
  })

  it('is immutable, however many histories are derived from it', () => {
    const first = Array.from({ length: 50 }, (_, at) => span(at, at + 1)).reduce((sum, row) => sum.with(row), History.EMPTY)
    const before = texts(first)
    const second = first.with(span(60, 70, 'one'))
    const third = first.with(span(60, 65, 'other')).with(span(80, 90, 'later'))
    expect(texts(first)).toEqual(before)
    expect(texts(second)).toEqual([...before, '60-70 one'])
    expect(texts(third)).toEqual([...before, '60-65 other', '80-90 later'])
  })

  it('can be decoded from its bytes and appended to', () => {
    const history = History.EMPTY.with(span(1, 2)).with(span(4, 4, null))
    const again = History.from(Uint8Array.from(history.bytes))
    expect([texts(again), again.end, again.sizeInBytes]).toEqual([texts(history), 4, history.sizeInBytes])
    expect(texts(again.with(span(4, 9)))).toEqual(['1-2 1', '4-4 none', '4-9 4'])
    expect(History.from(Buffer.alloc(0)).isEmpty).toBe(true)
  })
})
