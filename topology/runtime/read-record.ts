import { invalidTimestamp, type Serde } from '../../state/index.ts'
import type { RecordBatch } from '../broker/index.ts'
import type { Clock } from '../ports.ts'
import type { Record } from '../processor.ts'
import { failOnInvalidTimestamp, type TimestampExtractor } from '../timestamp-extractors.ts'

/** How the records of a topic are read. */
export interface RecordFormat {
  readonly keySerde: Serde<unknown>
  readonly valueSerde: Serde<unknown>
  readonly timestampExtractor?: TimestampExtractor
}

/** The reason code of a record whose extractor returned a negative number. */
export const NEGATIVE_TIMESTAMP = 'negative-timestamp'

/**
 * The record at the batch's cursor, deserialized, with its event time as the timestamp: a whole number, and negative if the record is to be dropped
 * (KAFKA-17872). Throws what a serde or the extractor throws.
 */
export function readRecord(
  { key, value, timestamp, headers }: RecordBatch,
  { keySerde, valueSerde, timestampExtractor }: RecordFormat,
  partitionTime: number,
  clock: Clock,
): Record<unknown, unknown> {
  const record: Record<unknown, unknown> = {
    key: key === null ? null : (keySerde.deserialize(key) ?? null),
    value: value === null ? null : (valueSerde.deserialize(value) ?? null),
    timestamp,
    headers: headers.length === 0 ? undefined : headers,
  }
  const eventTime = (timestampExtractor ?? failOnInvalidTimestamp)(record, partitionTime, clock)
  if (!Number.isSafeInteger(eventTime)) throw invalidTimestamp(eventTime, 'The record')
  return eventTime === timestamp ? record : { ...record, timestamp: eventTime }
}
