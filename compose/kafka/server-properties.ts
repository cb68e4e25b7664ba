export interface ServerOptions {
  readonly nodeId: number
  /** Of the listener for clients; an IPv6 address in brackets. */
  readonly host: string
  readonly port: number
  /** Port of the listener for brokers and administrators. */
  readonly brokerPort: number
  readonly controllerPort: number
  /** `id@host:port` of every controller. */
  readonly voters: readonly string[]
  readonly dataDirectory: string
  /** A second listener for clients, which is advertised at the port of a proxy. */
  readonly proxied?: { readonly port: number; readonly advertised: number }
  /** Further settings by their Kafka names; the listeners are CLIENT, BROKER, CONTROLLER and PROXY. */
  readonly settings?: Readonly<Record<string, string>>
}

const HOST = '127.0.0.1'

/** A broker that is also a controller. Internal topics have a replica on every broker. */
export function serverProperties(options: ServerOptions): string {
  const { nodeId, host, port, brokerPort, controllerPort, voters, dataDirectory, proxied, settings } = options
  const replicas = voters.length
  const inSync = String(Math.min(2, replicas))
  const listeners = [`CLIENT://${host}:${port}`, `BROKER://${HOST}:${brokerPort}`]
  const properties: Readonly<Record<string, string>> = {
    'process.roles': 'broker,controller',
    'node.id': String(nodeId),
    'controller.quorum.voters': voters.join(','),
    'controller.listener.names': 'CONTROLLER',
    listeners: [...listeners, `CONTROLLER://${HOST}:${controllerPort}`, ...(proxied ? [`PROXY://${HOST}:${proxied.port}`] : [])].join(),
    'advertised.listeners': [...listeners, ...(proxied ? [`PROXY://${HOST}:${proxied.advertised}`] : [])].join(),
    'listener.security.protocol.map': 'CLIENT:PLAINTEXT,BROKER:PLAINTEXT,CONTROLLER:PLAINTEXT,PROXY:PLAINTEXT',
    'inter.broker.listener.name': 'BROKER',
    'log.dirs': dataDirectory,
    'offsets.topic.replication.factor': String(replicas),
    'offsets.topic.num.partitions': '8',
    'transaction.state.log.replication.factor': String(replicas),
    'transaction.state.log.min.isr': inSync,
    'transaction.state.log.num.partitions': '8',
    'share.coordinator.state.topic.replication.factor': String(replicas),
    'share.coordinator.state.topic.min.isr': inSync,
    'default.replication.factor': String(replicas),
    'min.insync.replicas': inSync,
    'auto.create.topics.enable': 'false',
    'group.min.session.timeout.ms': '500',
    'group.initial.rebalance.delay.ms': '100',
    ...settings,
  }
  return lines(properties)
}

/** The same node as a controller only, with a broker session so short that it soon fences its own broker. */
export function controllerProperties({ nodeId, controllerPort, voters, dataDirectory }: ServerOptions): string {
  return lines({
    'process.roles': 'controller',
    'node.id': String(nodeId),
    'controller.quorum.voters': voters.join(','),
    'controller.listener.names': 'CONTROLLER',
    listeners: `CONTROLLER://${HOST}:${controllerPort}`,
    'log.dirs': dataDirectory,
    'broker.session.timeout.ms': '500',
    'broker.heartbeat.interval.ms': '200',
    'controller.quorum.append.linger.ms': '0', // so that its records are on disk when it stops
  })
}

function lines(properties: Readonly<Record<string, string>>): string {
  return Object.entries(properties)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('')
}
