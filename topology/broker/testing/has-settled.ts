import type { BrokerUnderTest } from './broker-under-test.ts'

/** Whether the promise is settled once the broker has finished its current work. */
export async function hasSettled(underTest: BrokerUnderTest, promise: Promise<unknown>): Promise<boolean> {
  let settled = false
  promise.then(
    () => (settled = true),
    () => (settled = true),
  )
  await underTest.advance(0)
  return settled
}
