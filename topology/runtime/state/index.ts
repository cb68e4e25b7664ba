/**
 * State: what a task's *stores* hold and how they come to hold it. *Task stores* are the stores of one task over one *storage* (a LevelDB directory);
 * a *restore* replays the tail of their *changelogs*; a *checkpoint* beside the rows says which incarnation of the changelogs they belong to. *Global stores* are held in
 * full by every instance.
 */
export { GlobalStores } from './global-stores.ts'
export { offsetBounds, offsetOf } from './offset-bounds.ts'
export { OpenedAhead } from './opened-ahead.ts'
export { levelTaskStorages, memoryTaskStorages } from './task-storages.ts'
export type { DiskStorages } from './task-storages.ts'
export { TaskStores } from './task-stores.ts'
export type { TaskStorages } from './task-stores.ts'
