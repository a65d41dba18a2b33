export function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1
    ? (sorted[middle] ?? Number.NaN)
    : ((sorted[middle - 1] ?? Number.NaN) + (sorted[middle] ?? Number.NaN)) / 2;
}

/**
 * The chance that one of `left` is greater than one of `right`, equal ones counted half: the area under the ROC curve of the best
 * guesser who sees one number of each. 0.5: the numbers tell nothing. Mann and Whitney, 1947.
 */
export function chanceOfGreater(left: readonly number[], right: readonly number[]): number {
  const all = [...left.map((value) => ({ value, isLeft: true })), ...right.map((value) => ({ value, isLeft: false }))];
  all.sort((a, b) => a.value - b.value);
  let ranks = 0;
  for (let from = 0; from < all.length;) {
    let to = from;
    while (to < all.length && all[to]?.value === all[from]?.value) to += 1;
    // Equal ones share the mean of their ranks.
    const rank = (from + 1 + to) / 2;
    for (let at = from; at < to; at += 1) if (all[at]?.isLeft === true) ranks += rank;
    from = to;
  }
  return (ranks - (left.length * (left.length + 1)) / 2) / (left.length * right.length);
}

/** Where 95 of 100 of what chance would have measured lie: of `turns` samples drawn with replacement. Efron, 1979. */
export function interval(left: readonly number[], right: readonly number[], turns = 500): readonly [number, number] {
  const draw = (numbers: readonly number[]) =>
    numbers.map(() => numbers[Math.floor(Math.random() * numbers.length)] ?? Number.NaN);
  const chances = Array.from({ length: turns }, () => chanceOfGreater(draw(left), draw(right))).sort((a, b) => a - b);
  return [chances[Math.floor(turns * 0.025)] ?? Number.NaN, chances[Math.ceil(turns * 0.975) - 1] ?? Number.NaN];
}

/** Means of `size` in a row: what somebody sees who asks that often. */
export function meansOf(numbers: readonly number[], size: number): number[] {
  const means: number[] = [];
  for (let at = 0; at + size <= numbers.length; at += size) {
    means.push(numbers.slice(at, at + size).reduce((sum, value) => sum + value, 0) / size);
  }
  return means;
}

export function shuffled<Item>(items: readonly Item[]): Item[] {
  const order = [...items];
  for (let at = order.length - 1; at > 0; at -= 1) {
    const other = Math.floor(Math.random() * (at + 1));
    [order[at], order[other]] = [order[other] as Item, order[at] as Item];
  }
  return order;
}
