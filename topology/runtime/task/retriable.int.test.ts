import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Serdes } from '../../../state/index.ts'
import { StreamsBuilder } from '../../dsl/index.ts'
import { Application } from '../testing/application.ts'

class NotYet extends Error {
  readonly ready = Promise.reject(new Error('The registry does not answer.'))
  constructor() {
    super('Schema 7 is being fetched.')
    this.ready.catch(() => undefined)
  }
}

let app: Application
let refusals: number

beforeEach(async () => {
  const builder = new StreamsBuilder()
  const notYetReadable: typeof Serdes.string = {
    serialize: (value) => Serdes.string.serialize(value),
    deserialize: (bytes) => {
      const value = Serdes.string.deserialize(bytes)
      if (value === 'later' && refusals-- > 0) throw new NotYet()
      return value
    },
  }
  builder.stream('in', { key: Serdes.string, value: notYetReadable }).to('out', { key: Serdes.string, value: Serdes.string })
  app = await Application.open({ topology: builder.build(), topics: ['in', 'out'] })
})

afterEach(() => app.close())

describe('A record that cannot be read yet', () => {
  it('is retried in its place, does not become a dead letter, and is logged once', async () => {
    refusals = 4
    const warnings: unknown[] = []
    const logger = { ...app.ports.logger, warn: (...warning: unknown[]) => void warnings.push(warning) }
    await app.start('one', { ports: { ...app.ports, logger } })
    await app.send('in', ['a', 'first'], ['a', 'later'], ['a', 'last'])
    expect((await app.rows('out', 3)).map(({ value }) => value)).toEqual(['first', 'later', 'last'])
    expect(await app.read('app-dead-letters')).toEqual([])
    expect(refusals).toBeLessThan(0)
    const reason = 'Schema 7 is being fetched. The registry does not answer.'
    expect(warnings).toEqual([['a task waits, and tries again', { task: '0_0', reason }]])
  })
})
