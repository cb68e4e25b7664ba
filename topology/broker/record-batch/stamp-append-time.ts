import * as at from './layout.ts'
import { sealHeader } from './seal-header.ts'

/** Gives all records of a sealed batch one timestamp, in milliseconds since the epoch, as a broker does on a topic with `LogAppendTime`. */
export function stampAppendTime(sealed: Buffer, timestampMs: number): void {
  sealed.writeInt16BE(sealed.readInt16BE(at.ATTRIBUTES) | at.APPEND_TIME, at.ATTRIBUTES)
  sealed.writeBigInt64BE(BigInt(timestampMs), at.MAX_TIMESTAMP)
  sealHeader(sealed)
}
