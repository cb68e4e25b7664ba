import type { BrokerUnderTest } from './broker-under-test.ts'

/** Whether a promise settles while the broker has every chance to work. */
export async function hasSettled(under: BrokerUnderTest, promise: Promise<unknown>): Promise<boolean> {
  let settled = false
  promise.then(
    () => (settled = true),
    () => (settled = true),
  )
  await under.advance(0)
  return settled
}
