/** The fields that say where an event stands in its aggregate's history. */
type EventHead = 'command' | 'version' | 'time'

/** An event without its head: what a decision returns. The processor adds the head. */
export type Fact<E> = E extends unknown ? Omit<E, EventHead> : never
