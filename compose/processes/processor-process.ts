import { RecordCodec } from '../../schemas/index.ts'
import { HttpQueryTransport, levelTaskStorages, OpenedAhead, Streams, systemPorts, type Logger } from '../../topology/index.ts'
import { APPLICATION, bankApplication, WRITE_BUFFER_BYTES } from '../application.ts'
import { connectToKafka, connectToRegistry, subjectsOf } from '../connection.ts'
import { crashing } from './crash-points.ts'
import { InstanceDirectory } from './instance-directory.ts'
import { InstanceServer } from './instance-server.ts'
import { statusOf } from './instance-status.ts'
import { listenOnPreviousPort } from './previous-port.ts'
import type { ProcessorConfiguration } from './process-configuration.ts'
import { processorMetrics } from './processor-metrics.ts'

export interface Processor {
  readonly instanceId: string
  /** Base URL of its HTTP server. */
  readonly url: string
  /** Rejects with the cause when the instance fails; never resolves. */
  readonly failed: Promise<never>
  /** Commits, releases its tasks and leaves the group. */
  close(): Promise<void>
}

/** One instance of the bank as a process. Resolves when it has begun to join the group. */
export async function startProcessor(configuration: ProcessorConfiguration, logger: Logger): Promise<Processor> {
  const { connection, dataDirectory, host, port, secret, instance, machine, advertised } = configuration
  const ports = systemPorts(logger)
  const opened: (() => Promise<void>)[] = []
  const close = async (): Promise<void> => {
    for (let end = opened.pop(); end !== undefined; end = opened.pop()) await end()
  }
  try {
    const directory = await InstanceDirectory.open({ parent: dataDirectory, instance, machine })
    opened.push(() => directory.close())
    const { instanceId } = directory
    const storages = new OpenedAhead(levelTaskStorages(directory.tasks, { writeBufferBytes: WRITE_BUFFER_BYTES }))
    opened.push(() => storages.close())
    const loading = RecordCodec.open(connectToRegistry(connection), subjectsOf(connection))
    loading.catch(() => undefined) // awaited below, once Kafka is connected
    const broker = await connectToKafka(connection, ports, instanceId)
    opened.push(() => broker.close())
    const transport = new HttpQueryTransport({ secret })
    const current: { streams?: Streams } = {}
    const status = () => (current.streams === undefined ? undefined : statusOf(current.streams))
    const listen = (chosenPort: number) =>
      InstanceServer.listen({
        transport,
        metrics: processorMetrics(status, async () => (await current.streams?.lag()) ?? []),
        host,
        port: chosenPort,
        status,
      })
    const server = port === 0 ? await listenOnPreviousPort(directory.portFile, listen) : await listen(port)
    opened.push(() => server.close())
    const streams = new Streams({
      topology: bankApplication(await loading),
      applicationId: APPLICATION,
      instanceId,
      broker,
      storages,
      ...(configuration.crash === undefined ? {} : crashing(broker, storages, configuration.crash)),
      ports,
      endpoint: advertised ?? server.url,
      queryTransport: transport,
      standbys: configuration.standbys,
    })
    current.streams = streams
    const failed = new Promise<never>((_, reject) =>
      streams.onStateChange((state) => {
        logger.info('instance changed state', { instance: instanceId, state })
        if (state === 'failed') reject(streams.failure)
      }),
    )
    failed.catch(() => undefined) // the caller may not be awaiting it yet
    await streams.start()
    opened.push(() => streams.stop())
    return { instanceId, url: server.url, failed, close }
  } catch (error) {
    await close()
    throw error
  }
}
