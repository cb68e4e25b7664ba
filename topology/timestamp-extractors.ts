import type { Clock } from './ports.ts'
import type { Record } from './processor.ts'

/**
 * The event time of a source's record: a whole number of milliseconds since the epoch. A record for which it returns a negative number is dropped with
 * the reason code `negative-timestamp`, as in Kafka Streams; any other value, or an error that it throws, makes the record unreadable, and the
 * `read` handler decides.
 *
 * `record.timestamp` is the one in the topic, and negative if its producer gave none. `partitionTime` is the largest timestamp among the records of the
 * partition that were processed before, −1 if there is none; it is stored with the committed offsets. `clock` is the instance's.
 */
export type TimestampExtractor = (record: Record<unknown, unknown>, partitionTime: number, clock: Pick<Clock, 'now'>) => number

/** The timestamp in the topic. A record without one is unreadable. The default; Kafka's `FailOnInvalidTimestamp`. */
export const failOnInvalidTimestamp: TimestampExtractor = ({ timestamp }) => {
  if (timestamp < 0)
    throw new RangeError(
      `The record has the timestamp ${timestamp}: its producer gave none. Choose another timestamp extractor for its source.`,
    )
  return timestamp
}

/** The timestamp in the topic. A record without one is dropped. Kafka's `LogAndSkipOnInvalidTimestamp`. */
export const skipOnInvalidTimestamp: TimestampExtractor = ({ timestamp }) => timestamp

/**
 * The timestamp in the topic, or the partition time for a record without one; unreadable if that is unknown, too. Kafka's
 * `UsePartitionTimeOnInvalidTimestamp`.
 */
export const usePartitionTimeOnInvalidTimestamp: TimestampExtractor = ({ timestamp }, partitionTime) => {
  if (timestamp >= 0) return timestamp
  if (partitionTime < 0)
    throw new RangeError(
      `The record has the timestamp ${timestamp}, and none before it in its partition has one: the partition time is unknown.`,
    )
  return partitionTime
}

/** The time at which the record is read, whatever its timestamp. Kafka's `WallclockTimestampExtractor`. */
export const wallclockTimestamp: TimestampExtractor = (_record, _partitionTime, clock) => clock.now()
