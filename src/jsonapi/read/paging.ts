import { CURSOR_PROFILE } from "../../errors/catalogue.ts";
import { cursorOf } from "./cursor.ts";
import { withParameters } from "./links.ts";
import type { LoadedPage } from "./load.ts";
import { readsBackwards, type CursorPage, type OffsetPage } from "./page.ts";
import type { CollectionPlan } from "./plan.ts";
import type { Query } from "./query.ts";

/** What a document says of the page that it is. */
export interface Paging {
  /** `first`, `prev`, `next`, `last`; null where one leads nowhere. JSON:API 1.1, "Pagination". */
  readonly links: Readonly<Record<string, string | null>>;
  readonly meta: Readonly<Record<string, unknown>>;
  /** The items' own cursors, in their order. */
  readonly cursors?: readonly string[];
  /** Profiles that were applied. */
  readonly profile: readonly string[];
}

/** @param url where the document stands, without its query; all parameters but those of the page are kept in links */
export function describePage<Caller>(
  url: string,
  query: Query,
  { page, order }: CollectionPlan<Caller>,
  { graph, total = 0, hasMore = false }: LoadedPage<Caller>,
): Paging {
  const others = query.parameters.filter(([name]) => !name.startsWith("page["));
  const link = (parameters: readonly (readonly [string, string])[]) => withParameters(url, [...others, ...parameters]);
  if (page.kind === "offset") return byOffset(page, total, link);
  const cursors = graph.primary.map(({ row }) => cursorOf(order, row));
  return byCursor(page, cursors, hasMore, link);
}

type Link = (parameters: readonly (readonly [string, string])[]) => string;

function byOffset({ offset, size, style }: OffsetPage, total: number, link: Link): Paging {
  // Pages count from the beginning, whatever offset the client happens to stand at.
  const last = Math.max(0, Math.ceil(total / size) - 1) * size;
  const at = (to: number) =>
    style === "offset"
      ? link([
          ["page[offset]", String(to)],
          ["page[limit]", String(size)],
        ])
      : link([
          ["page[number]", String(Math.floor(to / size) + 1)],
          ["page[size]", String(size)],
        ]);
  const place = style === "offset" ? { offset, limit: size } : { number: offset / size + 1, size };
  return {
    links: {
      first: at(0),
      prev: offset > 0 ? at(Math.max(0, Math.min(offset - size, last))) : null,
      next: offset + size < total ? at(offset + size) : null,
      last: at(last),
    },
    // The total stands twice: clients look for it in either place.
    meta: { total, page: { ...place, total } },
    profile: [],
  };
}

/**
 * The profile, "Links": whether there is more on the far side is known, since one row more was read; on the near side there is
 * what the cursor was taken from, unless it is gone. An empty cursor is the beginning for `after`, the end for `before`.
 */
function byCursor(page: CursorPage, cursors: readonly string[], hasMore: boolean, link: Link): Paging {
  const { size, after, before } = page;
  const to = (side: "after" | "before", cursor: string) =>
    link([
      [`page[${side}]`, cursor],
      ["page[size]", String(size)],
    ]);
  const first = cursors[0];
  const last = cursors.at(-1);
  const isBackwards = readsBackwards(page);
  const hasPrevious = isBackwards ? hasMore : (after ?? "") !== "";
  const hasNext = isBackwards ? before !== "" : hasMore || (before ?? "") !== "";
  const isTruncated = after !== undefined && before !== undefined && hasMore;
  return {
    links: {
      first: to("after", ""),
      prev: hasPrevious ? to("before", first ?? "") : null,
      next: hasNext ? to("after", last ?? "") : null,
      last: to("before", ""),
    },
    meta: { page: { size, ...(isTruncated ? { rangeTruncated: true } : {}) } },
    cursors,
    profile: [CURSOR_PROFILE],
  };
}
