"""The API describing itself: OpenAPI, Swagger UI, ReDoc, Postman."""
