import { describe, expect, it } from 'vitest'
import type { GraphNode } from './generated/graphql.ts'
import { layOut, shorten } from './topology-layout.ts'

const node = (
  id: string,
  kind: string,
  children: readonly string[],
  stores: readonly string[] = [],
  topics: readonly string[] = [],
): GraphNode => ({ id, name: id, kind, children, stores, topics })

describe('The layout of a sub-topology', () => {
  const drawing = layOut({
    id: 0,
    nodes: [node('in', 'SOURCE', ['count']), node('count', 'PROCESSOR', ['out'], ['counts']), node('out', 'sink', ['elsewhere'])],
  })

  it('runs from left to right', () => {
    const x = Object.fromEntries(drawing.nodes.map((placed) => [placed.id, placed.x]))
    expect(x['in']).toBeLessThan(x['count'] ?? 0)
    expect(x['count']).toBeLessThan(x['out'] ?? 0)
  })

  it('contains every node and every edge between them', () => {
    for (const { x, y, width, height } of drawing.nodes) {
      expect(x - width / 2).toBeGreaterThanOrEqual(0)
      expect(y - height / 2).toBeGreaterThanOrEqual(0)
      expect(x + width / 2).toBeLessThanOrEqual(drawing.width)
      expect(y + height / 2).toBeLessThanOrEqual(drawing.height)
    }
    expect(drawing.edges.map(({ id }) => id)).toEqual(['in count', 'count out'])
    expect(drawing.edges.every(({ path }) => /^M [\d.]+ [\d.]+ C/.test(path))).toBe(true)
  })

  it('distinguishes the kinds of nodes', () => {
    expect(drawing.nodes.map(({ kind }) => kind)).toEqual(['source', 'stateful', 'sink'])
  })

  it('labels sources and sinks with their topics, and other nodes with their names', () => {
    const nodes = [
      node('in-words', 'source', ['count'], [], ['words']),
      node('count', 'processor', ['out'], ['counts']),
      node('out', 'sink', []),
    ]
    expect(layOut({ id: 0, nodes }).nodes).toMatchObject([
      { title: 'words', detail: '' },
      { title: 'count', detail: 'counts' },
      { title: 'out', detail: '' },
    ])
  })

  it('may be empty or a single node', () => {
    expect(layOut({ id: 1, nodes: [] }).nodes).toEqual([])
    expect(layOut({ id: 1, nodes: [node('alone', 'source', [])] }).edges).toEqual([])
  })

  it('shortens a title that does not fit', () => {
    expect(shorten('a-very-long-name-of-a-processor-indeed', 120, 'title')).toMatch(/^a-very-lon?g?.*…$/)
    expect(shorten('short', 120, 'title')).toBe('short')
  })
})
