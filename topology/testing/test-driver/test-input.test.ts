import { expect, it } from 'vitest'
import { Serdes } from '../../../state/index.ts'
import { StreamsBuilder } from '../../dsl/index.ts'
import { TopologyTestDriver } from './topology-test-driver.ts'

const text = { key: Serdes.string, value: Serdes.string } as const

it('20.B5 the test driver rejects what is no timestamp, writes nothing, and goes on', async () => {
  const builder = new StreamsBuilder()
  builder.stream('in', text).to('out')
  const topology = builder.build()
  for (const startTime of [NaN, 1.5, -1]) await expect(TopologyTestDriver.open(topology, { startTime })).rejects.toThrow(RangeError)
  const driver = await TopologyTestDriver.open(topology)
  const input = driver.input('in', text)
  for (const timestamp of [NaN, Infinity, 1.5, 1e300, -1]) await expect(input.pipe('a', 'v', timestamp)).rejects.toThrow(RangeError)
  for (const timestamp of [10n, '10', null] as unknown[] as number[])
    await expect(input.pipe('a', 'v', timestamp)).rejects.toThrow(TypeError)
  for (const ms of [NaN, Infinity, 1.5, -1]) await expect(driver.advance(ms)).rejects.toThrow(RangeError)
  await driver.advance(5)
  await input.pipe('a', 'v')
  expect(await driver.output('out').read()).toMatchObject([{ value: 'v', timestamp: 5 }])
  expect(await driver.output('in', text).read()).toHaveLength(1)
  await driver.close()
})
