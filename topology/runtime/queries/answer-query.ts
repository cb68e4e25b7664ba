import type { CommittedReads, CommittedRow } from '../../../state/index.ts'
import type { PartitionOffset } from '../../broker/index.ts'
import type { Timers } from '../../ports.ts'
import type { StandbyTask, Task } from '../task/index.ts'
import type { Query, QueryAnswer, QueryRequest } from './messages.ts'

/** Answers from what a task has committed. Throws `RangeError` for a query that this kind of store does not support. */
export async function answerFromTask(request: QueryRequest, task: Task, timers: Timers): Promise<QueryAnswer> {
  if (!(await reaches(task, request, timers))) return { kind: task.committedPositions === undefined ? 'elsewhere' : 'behind' }
  const { state } = task
  return state === undefined ? { kind: 'elsewhere' } : { kind: 'rows', rows: await rowsOf(request.query, state.committed(request.store)) }
}

/** Answers from a standby, which knows no input offsets: a reader that asks for some has to wait for the task. */
export async function answerFromStandby(request: QueryRequest, standby: StandbyTask): Promise<QueryAnswer> {
  const { state, ageMs } = standby
  if (state === undefined || ageMs === undefined || request.atLeast.length > 0) return { kind: 'elsewhere' }
  return { kind: 'rows', rows: await rowsOf(request.query, state.committed(request.store)), ageMs }
}

export async function rowsOf(query: Query, reads: CommittedReads): Promise<readonly CommittedRow[]> {
  const rows = read(query, reads)
  if (rows === NOT_ANSWERED) throw new RangeError(`A store of this kind does not support the query "${query.kind}"`)
  return rows
}

const NOT_ANSWERED = 'not-answered'

function read(query: Query, reads: CommittedReads): readonly CommittedRow[] | Promise<readonly CommittedRow[]> | typeof NOT_ANSWERED {
  switch (query.kind) {
    case 'get':
      return reads.get === undefined ? NOT_ANSWERED : listOf(reads.get(query.key))
    case 'scan':
      return reads.scan?.(query.from, query.to, query) ?? NOT_ANSWERED
    case 'fetchRange':
      return reads.fetchRange?.(query.key, query.from, query.to) ?? NOT_ANSWERED
    case 'fetchAll':
      return reads.fetchAll?.(query.from, query.to, query) ?? NOT_ANSWERED
    case 'getAsOf':
      return reads.getAsOf === undefined ? NOT_ANSWERED : listOf(reads.getAsOf(query.key, query.asOf))
    case 'history':
      return reads.history?.(query.key, query.from, query.to) ?? NOT_ANSWERED
    default:
      return query satisfies never
  }
}

function listOf(row: CommittedRow | undefined): readonly CommittedRow[] {
  return row === undefined ? [] : [row]
}

/** Whether the task has reached the offsets, now or within the time; false when it is closed before. */
async function reaches(task: Task, { atLeast, waitMs }: QueryRequest, timers: Timers): Promise<boolean> {
  if (isAt(task, atLeast)) return true
  let isOver = false
  let wake = (): void => undefined
  const timer = timers.setTimeout(() => {
    isOver = true
    wake()
  }, waitMs)
  const stopListening = task.onPositions(() => {
    isOver ||= task.committedPositions === undefined
    wake()
  })
  while (!isOver && !isAt(task, atLeast)) await new Promise<void>((resolve) => (wake = resolve))
  timer.cancel()
  stopListening()
  return isAt(task, atLeast)
}

/** Offsets of partitions that the task does not read are ignored. */
function isAt(task: Task, atLeast: readonly PartitionOffset[]): boolean {
  if (atLeast.length === 0) return true
  const positions = task.committedPositions
  if (positions === undefined) return false
  return atLeast.every(({ topic, partition, offset }) =>
    positions.every((position) => position.topic !== topic || position.partition !== partition || position.offset >= offset),
  )
}
