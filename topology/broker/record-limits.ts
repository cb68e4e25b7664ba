/** What a topic takes, by its settings or else the broker's. */
export interface RecordLimits {
  /** `max.message.bytes`: the largest batch, and so the largest record with its headers. */
  readonly maxMessageBytes: number
  /** The topic is compacted: a record without a key is refused. */
  readonly needsKeys: boolean
  /** `message.timestamp.before.max.ms`: how far before the broker's clock a timestamp may be. `Infinity`: any. */
  readonly timestampBeforeMaxMs: number
  /** `message.timestamp.after.max.ms`, since Kafka 4.0 one hour by default. `Infinity`: any. */
  readonly timestampAfterMaxMs: number
}

/** Kafka's defaults. */
export const DEFAULT_RECORD_LIMITS: RecordLimits = {
  maxMessageBytes: 1_048_588,
  needsKeys: false,
  timestampBeforeMaxMs: Infinity,
  timestampAfterMaxMs: 3_600_000,
}

/** By a topic's settings with their Kafka names. What they do not name is as in `defaults`, the broker's own settings. */
export function recordLimits(config: Readonly<Record<string, string>>, defaults = DEFAULT_RECORD_LIMITS): RecordLimits {
  const number = (name: string, otherwise: number): number => (config[name] === undefined ? otherwise : Number(config[name]))
  const duration = (name: string, otherwise: number): number => {
    const ms = number(name, otherwise)
    return ms > Number.MAX_SAFE_INTEGER ? Infinity : ms // Kafka's word for no bound is the largest long
  }
  const isStampedByBroker = config['message.timestamp.type'] === 'LogAppendTime'
  return {
    maxMessageBytes: number('max.message.bytes', defaults.maxMessageBytes),
    needsKeys: hasCleanupPolicy(config, 'compact'),
    timestampBeforeMaxMs: isStampedByBroker ? Infinity : duration('message.timestamp.before.max.ms', defaults.timestampBeforeMaxMs),
    timestampAfterMaxMs: isStampedByBroker ? Infinity : duration('message.timestamp.after.max.ms', defaults.timestampAfterMaxMs),
  }
}

export function hasCleanupPolicy(config: Readonly<Record<string, string>>, policy: 'compact' | 'delete'): boolean {
  return (config['cleanup.policy'] ?? 'delete').split(',').some((name) => name.trim() === policy)
}
