import { describe, expect, it } from 'vitest'
import { FatalBrokerError, type ProducerOptions } from '../../broker/index.ts'
import { override } from '../../testing/override.ts'
import { counting } from '../testing/counting.ts'
import { openApplication } from '../testing/open-application.ts'

describe('20.C15 transactionTimeoutMs', () => {
  it('applies to all transactional producers of an instance, also to those that end transactions of dead instances', async () => {
    const app = await openApplication({ topology: counting(), topics: ['in', 'out'] })
    const dead = await app.broker.openProducer({ transactionalId: 'app/dead/0' })
    await dead.sendOffsets({ groupId: 'app', memberId: '', generation: -1 }, [{ topic: 'in', partition: 0, offset: 0 }])
    const opened: ProducerOptions[] = []
    const broker = override(app.broker, {
      openProducer: (options) => {
        opened.push(options)
        return app.broker.openProducer(options)
      },
    })
    await app.start('one', { broker, transactionTimeoutMs: 5_000 })
    await app.send('in', ['a', 'x'])
    await app.rows('out', 1)
    expect(opened.map(({ transactionalId }) => transactionalId)).toContain('app/dead/0')
    expect(opened.map(({ transactionTimeoutMs }) => transactionTimeoutMs)).toEqual(opened.map(() => 5_000))
  })

  it('beyond the bound of the broker fails the instance with an error that names it', async () => {
    const app = await openApplication({ topology: counting(), topics: ['in', 'out'] })
    const one = await app.start('one', { transactionTimeoutMs: 900_001 })
    await expect.poll(() => one.state).toBe('failed')
    expect(one.failure).toBeInstanceOf(FatalBrokerError)
    expect(String(one.failure)).toMatch(
      /transactions of 900001 ms: transactionTimeoutMs must be from 1 to 900000.*transaction\.max\.timeout\.ms/,
    )
  })
})
