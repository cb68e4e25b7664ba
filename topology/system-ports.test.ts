import { expect, it } from 'vitest'
import { systemPorts } from './system-ports.ts'

it('20.B5 a timer that is due in years, such as a punctuator’s, does not fire at once', async () => {
  const { timers } = systemPorts()
  const fired: string[] = []
  const late = timers.setTimeout(() => fired.push('late'), 10 * 365 * 86_400_000)
  await new Promise<void>((resolve) => timers.setTimeout(resolve, 5))
  late.cancel()
  expect(fired).toEqual([])
})
