import { describe, expect, it } from 'vitest'
import { Serdes } from '../../state/index.ts'
import { changeSerde } from './change-serde.ts'
import { changeOf } from './records.ts'

const serde = changeSerde(Serdes.string)

describe('the bytes of a change', () => {
  it.each([
    ['an insertion', changeOf('new', null), '6e657701'],
    ['a deletion', changeOf(null, 'old'), '6f6c6400'],
    ['a replacement', changeOf('new', 'old'), '066e65776f6c6402'],
    ['a replacement of an empty value', changeOf('', ''), '0002'],
  ])('are those of Kafka Streams for %s', (_, change, hex) => {
    expect(Buffer.from(serde.serialize(change)).toString('hex')).toBe(hex)
    expect(serde.deserialize(Buffer.from(hex, 'hex'))).toEqual(change)
  })

  it.each([63, 64, 8191, 8192, 100_000])('can hold a new value of %d bytes', (length) => {
    const change = changeOf('n'.repeat(length), 'old')
    expect(serde.deserialize(serde.serialize(change))).toEqual(change)
  })

  it('do not exist for a change without any value', () => {
    expect(() => serde.serialize(changeOf<string>(null, null))).toThrow(RangeError)
  })

  it('are rejected if damaged', () => {
    expect(() => serde.deserialize(Buffer.from('6e657707', 'hex'))).toThrow(RangeError)
    expect(() => serde.deserialize(Buffer.from('ffffffffffff02', 'hex'))).toThrow(RangeError)
    expect(() => serde.deserialize(Buffer.alloc(0))).toThrow(RangeError)
  })
})
