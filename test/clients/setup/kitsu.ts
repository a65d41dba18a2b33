import Kitsu from "kitsu";

/** @param url where the resources stand, e.g. `https://accounts.example.org/v1` */
export function connect(url: string): Kitsu {
  return new Kitsu({ baseURL: url, query: "modern" });
}

export async function logIn(api: Kitsu, email: string, password: string): Promise<string> {
  const { data: session } = await api.create("sessions", { email, password });
  api.headers.Authorization = `Bearer ${session.token}`;
  return session.id;
}

export async function logOut(api: Kitsu, sessionId: string): Promise<void> {
  await api.remove("sessions", sessionId);
}
