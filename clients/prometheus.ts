import { z } from "zod";
import { refuseInput } from "../release/errors.ts";
import { requestJson, type Server } from "./http.ts";

/** An answer to an instant query: https://prometheus.io/docs/prometheus/latest/querying/api/ */
const Answer = z.object({
  status: z.enum(["success", "error"]),
  error: z.string().optional(),
  data: z
    .discriminatedUnion("resultType", [
      z.object({ resultType: z.literal("scalar"), result: z.tuple([z.number(), z.string()]) }),
      z.object({
        resultType: z.literal("vector"),
        result: z.array(z.object({ value: z.tuple([z.number(), z.string()]).optional() })),
      }),
    ])
    .optional(),
});

/** A Prometheus, or anything that answers its queries. */
export class Prometheus {
  readonly #server: Server;

  /**
   * @param url without `/api`
   * @param token sent as a bearer token, where the server asks for one
   */
  constructor(url: string, token?: string) {
    const headers = token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } };
    this.#server = { name: "Prometheus", url, ...headers };
  }

  /**
   * The one number that a query gives now; undefined where there is no series for it, or it is no number.
   * @throws InputError where the server cannot be reached, does not understand the query, or gives several series
   */
  async number(query: string): Promise<number | undefined> {
    const fail = (message: string): never => refuseInput({ file: "Prometheus", path: "query", message, value: query });
    const path = `/api/v1/query?${new URLSearchParams({ query })}`;
    const { json } = await requestJson(this.#server, path, { expected: [400, 422] });
    const { success, data: answer } = Answer.safeParse(json);
    if (!success) return fail("is answered in a form that is not known: it must give one number");
    if (answer.status === "error" || answer.data === undefined) return fail(answer.error ?? "is not answered");
    const { data } = answer;
    if (data.resultType === "vector" && data.result.length > 1) {
      return fail(`gives ${data.result.length} series where one number is asked for: sum or average them`);
    }
    const text = data.resultType === "scalar" ? data.result[1] : data.result[0]?.value?.[1];
    // 0/0 is NaN: nothing was counted.
    const value = Number(text ?? Number.NaN);
    return Number.isFinite(value) ? value : undefined;
  }
}
