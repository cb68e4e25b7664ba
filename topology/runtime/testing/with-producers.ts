import type { Broker, Producer } from '../../broker/index.ts'
import { override } from '../../testing/override.ts'

/** A broker whose producers are wrapped. */
export function withProducers(broker: Broker, wrap: (producer: Producer) => Producer): Broker {
  return override(broker, { openProducer: async (options) => wrap(await broker.openProducer(options)) })
}

/** A broker whose commits go through `around`, which may delay them or withhold the answer. */
export function withCommits(broker: Broker, around: (commit: Producer['commit']) => ReturnType<Producer['commit']>): Broker {
  return withProducers(broker, (producer) => override(producer, { commit: () => around(() => producer.commit()) }))
}
