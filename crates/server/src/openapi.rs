//! The OpenAPI document, made of the list of routes.

use crate::auth::Scope;
use crate::endpoints::{Body, Meta, endpoints};
use axum::http::Method;
use utoipa::openapi::path::{
    HttpMethod, Operation, OperationBuilder, Parameter, ParameterBuilder, ParameterIn,
};
use utoipa::openapi::request_body::{RequestBody, RequestBodyBuilder};
use utoipa::openapi::schema::{ObjectBuilder, Schema, SchemaType, Type};
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{
    ComponentsBuilder, ContentBuilder, InfoBuilder, OpenApi, OpenApiBuilder, Paths, Ref, RefOr, Required,
    Response, ResponseBuilder, ResponsesBuilder,
};

/// What may be refused, and why.
const REFUSALS: [(&str, &str); 14] = [
    ("400", "what was sent is wrong"),
    ("401", "no token, or one that is not known here"),
    ("403", "the token may not do that"),
    ("404", "there is no such thing"),
    ("408", "the body did not come in time"),
    ("409", "two things that must agree do not"),
    ("413", "too large"),
    ("415", "a kind of file that cannot be decoded"),
    ("422", "damaged, or not what it claims to be"),
    ("429", "too many requests: see Retry-After"),
    ("500", "a bug"),
    ("501", "a model, or ONNX Runtime, is not here"),
    ("503", "not now: see Retry-After"),
    ("504", "it takes too long"),
];

/// The document.
pub(crate) fn document() -> OpenApi {
    let mut paths = Paths::new();
    for endpoint in endpoints() {
        let meta = endpoint.meta;
        paths.add_path_operation(meta.path, vec![method(&meta.method)], operation(&meta));
    }
    let components = ComponentsBuilder::new()
        .schema("Error", error_schema())
        .security_scheme("token", SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer)));
    OpenApiBuilder::new()
        .info(InfoBuilder::new().title("sonic").version(env!("CARGO_PKG_VERSION")).build())
        .paths(paths)
        .components(Some(components.build()))
        .build()
}

fn method(method: &Method) -> HttpMethod {
    match *method {
        Method::POST => HttpMethod::Post,
        Method::PUT => HttpMethod::Put,
        Method::PATCH => HttpMethod::Patch,
        Method::DELETE => HttpMethod::Delete,
        _ => HttpMethod::Get,
    }
}

fn of_type(schema_type: Type) -> Schema {
    Schema::Object(ObjectBuilder::new().schema_type(SchemaType::Type(schema_type)).build())
}

/// Anything that JSON can be.
fn anything() -> Schema {
    Schema::Object(ObjectBuilder::new().schema_type(SchemaType::AnyValue).build())
}

fn error_schema() -> Schema {
    let error = ObjectBuilder::new()
        .property("kind", of_type(Type::String))
        .required("kind")
        .property("message", of_type(Type::String))
        .required("message");
    Schema::Object(ObjectBuilder::new().property("error", error.build()).required("error").build())
}

fn operation(meta: &Meta) -> Operation {
    let tag =
        meta.path.trim_start_matches("/v1/").trim_start_matches('/').split('/').next().unwrap_or_default();
    let mut operation = OperationBuilder::new()
        .tag(tag)
        .operation_id(Some(meta.id))
        .summary(Some(meta.summary))
        .description(Some(format!("Scope: {}.", meta.scope.name())))
        .parameters(Some(parameters(meta)))
        .request_body(body(meta.body));
    let content = match meta.gives {
        "application/json" => anything(),
        _ => of_type(Type::String),
    };
    let good = ResponseBuilder::new()
        .description("The result.")
        .content(meta.gives, ContentBuilder::new().schema(Some(content)).build());
    let responses =
        REFUSALS.iter().fold(ResponsesBuilder::new().response("200", good.build()), |responses, refusal| {
            responses.response(refusal.0, refused(refusal.1))
        });
    operation = operation.responses(responses.build());
    if meta.scope != Scope::Public {
        operation = operation.security(SecurityRequirement::new("token", Vec::<String>::new()));
    }
    operation.build()
}

fn refused(why: &str) -> Response {
    let schema = RefOr::<Schema>::Ref(Ref::from_schema_name("Error"));
    let content = ContentBuilder::new().schema(Some(schema)).build();
    ResponseBuilder::new().description(why).content("application/json", content).build()
}

/// Those of the path and those of the query.
fn parameters(meta: &Meta) -> Vec<Parameter> {
    let names = meta.path.split('{').skip(1).filter_map(|rest| rest.split('}').next());
    let of_path = names.map(|name| {
        let number = ["face", "other"].contains(&name)
            || (name == "person" && meta.path.contains("/persons/"))
            || (name == "id" && meta.path.contains("/jobs/"));
        let schema = of_type(if number { Type::Integer } else { Type::String });
        let parameter =
            ParameterBuilder::new().name(name).parameter_in(ParameterIn::Path).required(Required::True);
        parameter.schema(Some(schema)).build()
    });
    let of_query = meta.query.iter().filter_map(|line| line.split_once(": ")).map(|(name, what)| {
        let parameter =
            ParameterBuilder::new().name(name).parameter_in(ParameterIn::Query).required(Required::False);
        parameter.description(Some(what)).schema(Some(of_type(Type::String))).build()
    });
    of_path.chain(of_query).collect()
}

fn body(body: Body) -> Option<RequestBody> {
    let content = |schema: Schema| ContentBuilder::new().schema(Some(schema)).build();
    let request = RequestBodyBuilder::new().required(Some(Required::True));
    match body {
        Body::None => None,
        Body::File(what) => {
            let file = ObjectBuilder::new().property("file", of_type(Type::String)).build();
            let media_type = if what == "image" { "image/*" } else { "application/octet-stream" };
            let request = request
                .description(Some(format!("A file of {what}, as the body or in a form.")))
                .content(media_type, content(of_type(Type::String)))
                .content("multipart/form-data", content(Schema::Object(file)));
            Some(request.build())
        }
        Body::Json(members) => {
            let object = members.iter().filter_map(|member| member.split_once(": ")).fold(
                ObjectBuilder::new(),
                |object, (name, kind)| {
                    let optional = kind.ends_with('?');
                    let schema = match kind.trim_end_matches('?') {
                        "integer" => of_type(Type::Integer),
                        "boolean" => of_type(Type::Boolean),
                        "array" => of_type(Type::Array),
                        "object" => anything(),
                        _ => of_type(Type::String),
                    };
                    let object = object.property(name, schema);
                    if optional { object } else { object.required(name) }
                },
            );
            Some(request.content("application/json", content(Schema::Object(object.build()))).build())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_route_is_in_the_document_once() {
        let document = serde_json::to_value(document()).unwrap();
        let mut names = BTreeSet::new();
        for endpoint in endpoints() {
            let meta = endpoint.meta;
            let method = meta.method.as_str().to_lowercase();
            let operation = &document["paths"][meta.path][&method];
            assert_eq!(operation["operationId"], meta.id, "{method} {}", meta.path);
            assert!(names.insert(meta.id), "{} is there twice", meta.id);
            assert_eq!(operation.get("security").is_some(), meta.scope != Scope::Public, "{}", meta.id);
        }
        let count: usize =
            document["paths"].as_object().unwrap().values().map(|item| item.as_object().unwrap().len()).sum();
        assert_eq!(count, names.len());
    }
}
