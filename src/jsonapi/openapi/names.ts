/** How operations and schemas are called, made from the names of types and relationships. */

export const capital = (name: string): string => name.charAt(0).toUpperCase() + name.slice(1);

/** One of `articles` is an `article`. Names that do not end like a plural stay as they are. */
export function singular(name: string): string {
  if (/[^aeiou]ies$/.test(name)) return name.replace(/ies$/, "y");
  if (/(?:ss|x|ch|sh)es$/.test(name)) return name.slice(0, -2);
  return /[^s]s$/.test(name) ? name.slice(0, -1) : name;
}

/** `articles` is `Article` in the names of schemas and operations about one of them. */
export const oneOf = (type: string): string => capital(singular(type));

/** `articles` is `Articles` in those about several. */
export const manyOf = (type: string): string => capital(type);

/** «an article», «a tag». */
export function withArticle(name: string): string {
  return `${/^(?:[aeio]|u(?!s|ni))/i.test(name) ? "an" : "a"} ${name}`;
}
