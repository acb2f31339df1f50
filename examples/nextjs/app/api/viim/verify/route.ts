import { OPTIONS, route } from "@/lib/http";
import { verify } from "@/lib/identify";

const POST = route("/api/viim/verify", verify);

export { OPTIONS, POST };
