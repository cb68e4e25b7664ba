import type { BrokerUnderTest } from './broker-under-test.ts'

/** Whether the promise has resolved or rejected once the broker has finished its current work. */
export async function isDone(underTest: BrokerUnderTest, promise: Promise<unknown>): Promise<boolean> {
  let done = false
  promise.then(
    () => (done = true),
    () => (done = true),
  )
  await underTest.advance(0)
  return done
}
