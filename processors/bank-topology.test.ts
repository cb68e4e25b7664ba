import { expect, it } from 'vitest'
import { EmbeddedRegistry, RecordCodec } from '../schemas/index.ts'
import { bankTopology } from './bank-topology.ts'

it('The topology reads like this', async () => {
  const registry = await EmbeddedRegistry.open({ load: async () => undefined, save: async () => undefined })
  const topology = bankTopology({ codec: await RecordCodec.open(registry), newToken: () => '0' })
  expect(topology.describe()).toMatchSnapshot()
})
