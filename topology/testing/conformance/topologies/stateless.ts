import { Serdes } from '../../../../state/index.ts'
import { StreamsBuilder } from '../../../dsl/index.ts'
import type { Topology } from '../../../graph/index.ts'
import type { Params } from '../vectors.ts'
import { chars, hasA, head, str } from './functions.ts'
import { textStream } from './sources.ts'

export function stateless(params: Params): Topology {
  const builder = new StreamsBuilder()
  const stream = textStream(builder, 'in', params)
  const text = Serdes.string
  switch (params['op']) {
    case 'filter':
      stream.filter(hasA).to('out')
      break
    case 'filterNot':
      stream.filterNot(hasA).to('out')
      break
    case 'map':
      stream.map((value, key) => [value, `${str(key)}/${str(value)}`], { key: text, value: text }).to('out')
      break
    case 'mapValues':
      stream.mapValues((value, key) => (value === null ? '' : str(key) + value), { value: text }).to('out')
      break
    case 'mapValuesLong':
      stream.mapValues((value) => (value === null ? null : value.length), { value: Serdes.long }).to('out')
      break
    case 'flatMap':
      stream.flatMap((value, key) => chars(value).map((char) => [char, str(key)] as const), { key: text, value: text }).to('out')
      break
    case 'flatMapValues':
      stream.flatMapValues(chars, { value: text }).to('out')
      break
    case 'selectKey':
      stream.selectKey(head, { key: text }).to('out')
      break
    case 'merge':
      stream.merge(textStream(builder, 'in2', params)).to('out', { key: text, value: text })
      break
    case 'diamond':
      stream
        .filter(hasA)
        .merge(stream.mapValues((value) => `${str(value)}'`))
        .to('out', { value: text })
      break
    case 'chain':
      stream
        .filter((value) => value !== null)
        .flatMapValues(chars, { value: text })
        .selectKey((value, key) => str(key) + value, { key: text })
        .filterNot(hasA)
        .peek(() => undefined)
        .to('out')
      break
    case 'branch': {
      const split = stream
        .split({ name: 'kinds' })
        .branch('null', (value) => value === null)
        .branch('a', hasA)
        .branch('one', (value) => value?.length === 1)
      const branches = params['rest'] === true ? split.defaultBranch('rest') : split.noDefaultBranch()
      for (const [name, branch] of Object.entries(branches)) branch.to(`out-${name}`)
      break
    }
    default:
      throw new Error(`There is no stateless operator "${String(params['op'])}".`)
  }
  return builder.build()
}

export function repartition(params: Params): Topology {
  const builder = new StreamsBuilder()
  const stream = textStream(builder, 'in', params)
  const rekeyed = params['by'] === 'key' ? stream : stream.selectKey(head, { key: Serdes.string })
  const first = params['by'] === 'repartition' ? rekeyed.repartition({ name: 'first' }) : rekeyed
  first.repartition({ name: 'second' }).to('out')
  return builder.build()
}
