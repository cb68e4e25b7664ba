import { FatalBrokerError } from '../errors.ts'

type Check = (value: string) => boolean

const oneOf =
  (...names: readonly string[]): Check =>
  (value) =>
    names.includes(value)

const listOf =
  (...names: readonly string[]): Check =>
  (value) =>
    value.split(',').every((name) => names.includes(name.trim()))

const isBoolean = oneOf('true', 'false')
const LARGEST_INT = 2n ** 31n - 1n
const LARGEST_LONG = 2n ** 63n - 1n

const integer =
  (least: number, most: bigint): Check =>
  (value) =>
    /^-?\d+$/.test(value.trim()) && BigInt(value.trim()) >= BigInt(least) && BigInt(value.trim()) <= most

const int = (least: number): Check => integer(least, LARGEST_INT)
const long = (least: number): Check => integer(least, LARGEST_LONG)
const isRatio: Check = (value) => value.trim() !== '' && Number(value) >= 0 && Number(value) <= 1
const isThrottled: Check = (value) => value === '' || value === '*' || /^\d+:\d+(,\d+:\d+)*$/.test(value)

/** Kafka's settings of a topic, with the values that it accepts. */
const SETTINGS: ReadonlyMap<string, Check> = new Map([
  ['cleanup.policy', listOf('compact', 'delete')],
  ['compression.gzip.level', int(-1)],
  ['compression.lz4.level', int(1)],
  ['compression.type', oneOf('uncompressed', 'zstd', 'lz4', 'snappy', 'gzip', 'producer')],
  ['compression.zstd.level', int(-131_072)],
  ['delete.retention.ms', long(0)],
  ['file.delete.delay.ms', long(0)],
  ['flush.messages', long(1)],
  ['flush.ms', long(0)],
  ['follower.replication.throttled.replicas', isThrottled],
  ['index.interval.bytes', int(0)],
  ['leader.replication.throttled.replicas', isThrottled],
  ['local.retention.bytes', long(-2)],
  ['local.retention.ms', long(-2)],
  ['max.compaction.lag.ms', long(1)],
  ['max.message.bytes', int(0)],
  ['message.timestamp.after.max.ms', long(0)],
  ['message.timestamp.before.max.ms', long(0)],
  ['message.timestamp.type', oneOf('CreateTime', 'LogAppendTime')],
  ['min.cleanable.dirty.ratio', isRatio],
  ['min.compaction.lag.ms', long(0)],
  ['min.insync.replicas', int(1)],
  ['preallocate', isBoolean],
  ['remote.log.copy.disable', isBoolean],
  ['remote.log.delete.on.disable', isBoolean],
  ['remote.storage.enable', isBoolean],
  ['retention.bytes', long(-1)],
  ['retention.ms', long(-1)],
  ['segment.bytes', int(14)],
  ['segment.index.bytes', int(4)],
  ['segment.jitter.ms', long(0)],
  ['segment.ms', long(1)],
  ['unclean.leader.election.enable', isBoolean],
])

/** Throws `FatalBrokerError`, as for Kafka's INVALID_CONFIG. The broker ignores most of the settings, but a cluster would not take others. */
export function checkTopicConfig(topic: string, config: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(config)) {
    const isValid = SETTINGS.get(name)
    if (isValid === undefined)
      throw new FatalBrokerError(`Topic ${topic} cannot have the setting ${name}: Kafka has no setting of that name.`)
    if (!isValid(value))
      throw new FatalBrokerError(`Topic ${topic} cannot have ${name}=${value}: see Kafka's topic settings for the values that it accepts.`)
  }
}
