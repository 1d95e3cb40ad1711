"""What every endpoint of the API is built on: problems, schemas, paging, stored answers, limits and the document."""
