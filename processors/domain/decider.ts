/** What every event says beside its facts. */
type EventHead = 'command' | 'version' | 'time'

/** An event as it is decided, before it is known where it stands in the aggregate's history. */
export type Fact<E> = E extends unknown ? Omit<E, EventHead> : never
