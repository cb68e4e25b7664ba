/**
 * Dead letters: records that could not be read or processed. Each goes to the application's *dead-letter topic* with its *reason* and *origin*, in
 * the task's own transaction; its key is *parked*, so that later records of the key follow it there and none overtakes it. A *redrive* sends letters
 * back to where they came from, in their old order, or discards them.
 */
export { ownHeaders, readDeadLetters, writeDeadLetter } from './dead-letters.ts'
export type { DeadLetter, LetterPlace, Unreadable } from './dead-letters.ts'
export { LetterBox } from './letter-box.ts'
export { NO_TOPIC, ParkedKeys, parkedKeysStore, withParkedKeys } from './parked-keys.ts'
export { redriveDeadLetters } from './redrive.ts'
export type { RedriveOptions, RedriveResult } from './redrive.ts'
