import type { Broker, Producer } from '../../broker/index.ts'
import { override } from '../../testing/override.ts'

/** A broker whose producers are what `wrap` makes of them. */
export function withProducers(broker: Broker, wrap: (producer: Producer) => Producer): Broker {
  return override(broker, { openProducer: async (options) => wrap(await broker.openProducer(options)) })
}

/** A broker where each commit goes through `around`, which may hold it up or keep the answer back. */
export function withCommits(broker: Broker, around: (commit: Producer['commit']) => ReturnType<Producer['commit']>): Broker {
  return withProducers(broker, (producer) => override(producer, { commit: () => around(() => producer.commit()) }))
}
