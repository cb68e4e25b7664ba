import type { DeadLetterView } from '../../api/index.ts'
import { readDeadLetters, type Broker } from '../../topology/index.ts'

/** Newest first. */
export async function deadLetterViews(broker: Broker, applicationId: string, last: number): Promise<readonly DeadLetterView[]> {
  const letters = await readDeadLetters(broker, applicationId)
  return letters
    .toSorted((one, other) => other.time - one.time)
    .slice(0, last)
    .map(({ partition, offset, origin, reason, time, key }) => ({
      ...origin,
      id: `${partition}-${offset}`,
      reason,
      time,
      key: key === null ? null : Buffer.from(key).toString('utf8'),
    }))
}
