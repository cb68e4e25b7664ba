import { expect, it } from 'vitest'
import { FatalBrokerError } from '../errors.ts'
import { MemoryStorage } from '../../../state/index.ts'
import type { JoinRequest } from '../broker.ts'
import { manualPorts } from '../../testing/manual-ports.ts'
import { EmbeddedBroker } from './embedded-broker.ts'

it('the first rebalance waits for more members each time the group was empty', async () => {
  const ports = manualPorts()
  const broker = await EmbeddedBroker.open({ storage: new MemoryStorage(), ports, initialRebalanceDelayMs: 50 })
  const request: JoinRequest = {
    groupId: 'g',
    memberId: '',
    protocol: { type: 'test', name: 'plain' },
    metadata: Buffer.from('m'),
    sessionTimeoutMs: 6_000,
    rebalanceTimeoutMs: 10_000,
  }
  for (let round = 0; round < 2; round++) {
    const joining = [broker.groups.join(request), broker.groups.join(request), broker.groups.join(request)]
    await ports.advance(50)
    const answers = await Promise.all(joining)
    expect(answers.map(({ members }) => members.length).sort()).toEqual([0, 0, 3])
    for (const { memberId } of answers) await broker.groups.leave('g', memberId)
  }
  await broker.close()
})

it('20.B8 sessions may be as short as the limits say', async () => {
  const ports = manualPorts()
  const broker = await EmbeddedBroker.open({ storage: new MemoryStorage(), ports, limits: { minSessionTimeoutMs: 6_000 } })
  const protocol = { type: 'test', name: 'plain' }
  const request = { groupId: 'g', protocol, memberId: '', metadata: Buffer.from('m'), rebalanceTimeoutMs: 10_000 }
  await expect(broker.groups.join({ ...request, sessionTimeoutMs: 5_999 })).rejects.toBeInstanceOf(FatalBrokerError)
  expect(await broker.groups.join({ ...request, sessionTimeoutMs: 6_000 })).toMatchObject({ generation: 1 })
  await broker.close()
})
