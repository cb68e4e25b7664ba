import { asBuffer } from '../bytes.ts'

/** A row of a window store within its block; `sequence` distinguishes duplicates of one start. */
export interface BlockRow {
  readonly start: number
  readonly sequence: number
  readonly timestamp: number
  readonly value: Uint8Array
}

/** Ascending by start, then sequence. */
export type Block = readonly BlockRow[]

const ROW_HEAD = 8 + 4 + 8 + 4

export function encodeBlock(block: Block): Buffer {
  const bytes = Buffer.allocUnsafe(block.reduce((sum, row) => sum + ROW_HEAD + row.value.length, 0))
  let at = 0
  for (const row of block) {
    bytes.writeDoubleBE(row.start, at)
    bytes.writeUInt32BE(row.sequence, at + 8)
    bytes.writeDoubleBE(row.timestamp, at + 12)
    bytes.writeUInt32BE(row.value.length, at + 20)
    bytes.set(row.value, at + ROW_HEAD)
    at += ROW_HEAD + row.value.length
  }
  return bytes
}

export function decodeBlock(stored: Uint8Array): Block {
  const bytes = asBuffer(stored)
  const block: BlockRow[] = []
  for (let at = 0; at < bytes.length;) {
    const end = at + ROW_HEAD + bytes.readUInt32BE(at + 20)
    block.push({
      start: bytes.readDoubleBE(at),
      sequence: bytes.readUInt32BE(at + 8),
      timestamp: bytes.readDoubleBE(at + 12),
      value: bytes.subarray(at + ROW_HEAD, end),
    })
    at = end
  }
  return block
}

/** The block with the row added or replaced; `value: null` removes the row. */
export function withRow(block: Block, row: Omit<BlockRow, 'value'> & { readonly value: Uint8Array | null }): Block {
  const at = positionOf(block, row.start, row.sequence)
  const current = block[at]
  const replaces = current !== undefined && current.start === row.start && current.sequence === row.sequence
  if (row.value === null) return replaces ? [...block.slice(0, at), ...block.slice(at + 1)] : block
  const copy = block.slice()
  copy.splice(at, replaces ? 1 : 0, { start: row.start, sequence: row.sequence, timestamp: row.timestamp, value: row.value })
  return copy
}

/** Index of the row with that start and sequence, or the index at which to insert it. */
export function positionOf(block: Block, start: number, sequence: number): number {
  let low = 0
  let high = block.length
  while (low < high) {
    const middle = (low + high) >>> 1
    const row = block[middle]
    if (row !== undefined && (row.start < start || (row.start === start && row.sequence < sequence))) low = middle + 1
    else high = middle
  }
  return low
}

export function blockSize(block: Block): number {
  return block.reduce((sum, row) => sum + 96 + row.value.length, 64)
}
