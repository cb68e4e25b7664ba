import { graphlib, layout } from '@dagrejs/dagre'
import type { GraphNode, Subtopology } from './generated/graphql.ts'

export interface PlacedNode {
  readonly id: string
  readonly kind: NodeKind
  /** Centre and size, in pixels of the drawing. */
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
  /** The topics of a source or sink, where they are known; the name of a processor. */
  readonly title: string
  /** Stores of a processor. */
  readonly detail: string
}

export interface PlacedEdge {
  readonly id: string
  /** An SVG path. */
  readonly path: string
}

export interface Drawing {
  readonly width: number
  readonly height: number
  readonly nodes: readonly PlacedNode[]
  readonly edges: readonly PlacedEdge[]
}

export type NodeKind = 'source' | 'sink' | 'stateful' | 'processor'

const HEIGHT = 58
const NARROWEST = 100
const WIDEST = 250
/** Widths of a character of the title and of the smaller line below it. */
const TITLE_CHARACTER = 8.9
const DETAIL_CHARACTER = 6.7
const PADDING = 26

/** Places the nodes of one sub-topology from left to right. Depends on its names alone, so metrics never move anything. */
export function layOut({ nodes }: Subtopology): Drawing {
  const graph = new graphlib.Graph()
  graph.setGraph({ rankdir: 'LR', nodesep: 18, ranksep: 36, marginx: 6, marginy: 6 })
  graph.setDefaultEdgeLabel(() => ({}))
  const ids = new Set(nodes.map(({ id }) => id))
  for (const node of nodes) graph.setNode(node.id, { width: widthOf(node), height: HEIGHT })
  for (const { id, children } of nodes) for (const child of children) if (ids.has(child)) graph.setEdge(id, child)
  layout(graph)
  const placed = nodes.map((node) => place(node, graph.node(node.id)))
  return {
    width: Math.ceil(Math.max(0, ...placed.map(({ x, width }) => x + width / 2)) + 6),
    height: Math.ceil(Math.max(0, ...placed.map(({ y, height }) => y + height / 2)) + 6),
    nodes: placed,
    edges: graph.edges().map(({ v, w }) => ({ id: `${v} ${w}`, path: pathOf(graph.edge(v, w)?.points ?? []) })),
  }
}

export function kindOf({ kind, stores }: GraphNode): NodeKind {
  if (/source/i.test(kind)) return 'source'
  if (/sink/i.test(kind)) return 'sink'
  return stores.length > 0 ? 'stateful' : 'processor'
}

/** What does not fit is cut; the table below the drawing has all of it. */
export function shorten(text: string, width: number, line: 'title' | 'detail'): string {
  const fits = Math.floor((width - PADDING) / (line === 'title' ? TITLE_CHARACTER : DETAIL_CHARACTER))
  return text.length <= fits ? text : `${text.slice(0, fits - 1)}…`
}

interface Box {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

function place(node: GraphNode, { x, y, width, height }: Box): PlacedNode {
  return { id: node.id, kind: kindOf(node), x, y, width, height, title: titleOf(node), detail: node.stores.join(', ') }
}

function titleOf({ name, topics }: GraphNode): string {
  return topics.join(', ') || name
}

function widthOf(node: GraphNode): number {
  const longest = Math.max(titleOf(node).length * TITLE_CHARACTER, node.stores.join(', ').length * DETAIL_CHARACTER)
  return Math.min(WIDEST, Math.max(NARROWEST, Math.ceil(longest) + PADDING))
}

/** A smooth line through the points of an edge. */
function pathOf(points: ReadonlyArray<{ readonly x: number; readonly y: number }>): string {
  const [first, ...rest] = points
  if (first === undefined) return ''
  const parts = rest.map(({ x, y }, index) => {
    const before = index === 0 ? first : (rest[index - 1] ?? first)
    const middle = (before.x + x) / 2
    return `C ${round(middle)} ${round(before.y)} ${round(middle)} ${round(y)} ${round(x)} ${round(y)}`
  })
  return `M ${round(first.x)} ${round(first.y)} ${parts.join(' ')}`
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}
