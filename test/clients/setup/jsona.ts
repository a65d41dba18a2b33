import { Jsona, ModelPropertiesMapper, type Model } from "jsona";

/** Jsona keeps links and meta where attributes are, and would send them back as such. */
class Attributes extends ModelPropertiesMapper {
  override getAttributes(model: Model): Record<string, unknown> {
    const { links: _links, meta: _meta, ...attributes } = super.getAttributes(model);
    return attributes;
  }
}

export const jsona = new Jsona({ modelPropertiesMapper: new Attributes() });

const MEDIA_TYPE = "application/vnd.api+json";

interface Document {
  readonly data?: unknown;
  readonly included?: readonly unknown[];
  readonly links?: Readonly<Record<string, string | null>>;
  readonly errors?: readonly { readonly status: string; readonly source?: { readonly pointer?: string } }[];
}

export interface Answer {
  readonly status: number;
  readonly document: Document;
  /** The document's data, simplified. */
  readonly data: unknown;
}

/** Jsona is for documents alone; fetch takes them to and fro. */
export class Client {
  token: string | undefined;
  readonly #url: string;

  /** @param url where the resources stand, e.g. `https://accounts.example.org/v1` */
  constructor(url: string) {
    this.#url = url;
  }

  /** @param path below the URL, or a whole URL such as the links are */
  async send(method: string, path: string, stuff?: Model | readonly Model[]): Promise<Answer> {
    const response = await fetch(path.startsWith("http") ? path : `${this.#url}/${path}`, {
      method,
      headers: {
        accept: MEDIA_TYPE,
        ...(this.token === undefined ? {} : { authorization: `Bearer ${this.token}` }),
        ...(stuff === undefined ? {} : { "content-type": MEDIA_TYPE }),
      },
      ...(stuff === undefined ? {} : { body: JSON.stringify(jsona.serialize({ stuff })) }),
    });
    const document = response.status === 204 ? {} : ((await response.json()) as Document);
    return { status: response.status, document, data: "data" in document ? jsona.deserialize(document) : undefined };
  }

  async logIn(email: string, password: string): Promise<Answer> {
    const answer = await this.send("POST", "sessions", { type: "sessions", email, password });
    if (answer.status === 201) this.token = String((answer.data as Model)["token"]);
    return answer;
  }
}
